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

// What tells two neighbours of one kind apart: a link that leads elsewhere is another link, not the same with new words.
function keyOf(node) {
  return [node.nodeName, node.id, node.getAttribute?.("href"), node.getAttribute?.("name")].join(" ");
}

// Bring a node to what it is now, in place: what stays the same is left alone, with its focus and its selection.
function morph(node, fresh) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.nodeValue !== fresh.nodeValue) node.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...node.attributes]) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  morphChildren(node, [...fresh.childNodes]);
}

function morphChildren(node, wanted) {
  let next = node.firstChild;
  for (const fresh of wanted) {
    let same = next;
    while (same && keyOf(same) !== keyOf(fresh)) same = same.nextSibling;
    if (!same) {
      node.insertBefore(fresh, next);
      continue;
    }
    while (next !== same) next = remove(next);
    morph(same, fresh);
    next = same.nextSibling;
  }
  while (next) next = remove(next);
}

function remove(node) {
  const following = node.nextSibling;
  node.remove();
  return following;
}

// When each part of the page was last heard of, by this device's clock.
const heardAt = new WeakMap();
const openedAt = new Date();

// A part that refreshes itself keeps the keyboard's focus; if what had it is gone, the part itself has it.
function refresh(part, fresh) {
  const { stage } = part.dataset;
  const hadFocus = part.contains(document.activeElement);
  morph(part, fresh);
  if (hadFocus && !part.contains(document.activeElement)) {
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
  }
  heardAt.set(part, new Date());
  if (part.dataset.page && part.dataset.stage !== stage) moveOn(part.dataset.page);
}

window.htmx?.defineExtension("morph", {
  handleSwap(style, part, fragment) {
    if (style !== "morph") return false;
    const fresh = part.id && fragment.querySelector(`#${part.id}`);
    if (fresh) refresh(part, fresh);
    else tellAge(part);
    return [part];
  },
});

// A part that cannot be refreshed says since when it is old.
function tellAge(part) {
  const time = (heardAt.get(part) ?? openedAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  let note = part.querySelector(":scope > .age");
  if (!note) {
    note = document.createElement("p");
    note.className = "age";
    note.setAttribute("role", "status");
    part.append(note);
  }
  note.textContent = `As of ${time}; it could not be refreshed since.`;
}

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    if (isPoll(event.detail.elt)) tellAge(event.detail.elt);
  });
}

// A page that depends on how a checkout stands moves on with it, unless it is on its way already. Whoever is filling in
// a form there is not taken away from it, but told; and nothing can be sent any more that leads nowhere.
let isLeaving = false;
document.addEventListener("submit", () => (isLeaving = true));
window.addEventListener("pageshow", () => (isLeaving = false));

function moveOn(address) {
  if (isLeaving) return;
  if (!document.activeElement?.matches("main :is(input, select, textarea)")) {
    isLeaving = true;
    window.location.replace(address);
    return;
  }
  for (const button of document.querySelectorAll("main form button")) button.disabled = true;
  if (document.querySelector(".moved-on")) return;
  const note = document.createElement("p");
  note.className = "notice notice--bad moved-on";
  note.setAttribute("role", "alert");
  note.append("This checkout has moved on. ");
  const link = note.appendChild(document.createElement("a"));
  link.href = address;
  link.textContent = "See how it stands";
  document.querySelector("main").prepend(note);
}

function isPoll(element) {
  return Boolean(element.getAttribute("hx-trigger")?.includes("every"));
}

// A poll whose answer nobody would see is not sent. The next one after the page is looked at again is.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isPoll(event.detail.elt) && document.hidden) event.preventDefault();
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
