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
