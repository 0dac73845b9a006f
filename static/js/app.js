"use strict";

// Exact times are written in UTC by the server; whoever hovers wants their own clock too.
function addLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    time.title += `\n${new Date(time.dateTime).toLocaleString()} here`;
    time.dataset.local = "";
  }
}

addLocalTimes(document);
document.addEventListener("htmx:load", (event) => addLocalTimes(event.detail.elt));

// A poll whose answer nobody would see is not sent, nor one that would take a panel away under somebody's keyboard.
// The next one after the page is looked at again is.
document.addEventListener("htmx:beforeRequest", (event) => {
  const isPoll = event.detail.elt.getAttribute("hx-trigger")?.includes("every");
  const isInUse = event.detail.elt.matches(".panel:focus-within");
  if (isPoll && (document.hidden || isInUse)) event.preventDefault();
});

// The time left counts down from what the server said, whatever this device takes the time to be.
function countDown() {
  for (const left of document.querySelectorAll("[data-seconds-left]")) {
    const seconds = Math.max(0, Number(left.dataset.secondsLeft) - 1);
    left.dataset.secondsLeft = seconds;
    const minutes = Math.floor(seconds / 60) % 60;
    const hours = Math.floor(seconds / 3600);
    if (hours) left.textContent = `${hours}h ${minutes}m`;
    else left.textContent = minutes ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
  }
}

setInterval(countDown, 1000);
