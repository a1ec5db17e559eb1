// What the other scripts draw with. Texts only ever become text nodes.

export const at = id => document.getElementById(id);

// make is an element: attributes, then children, which are elements, texts or nothing.
export function make(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

// shape is an element of a drawing.
export function shape(tag, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  element.append(...children.flat().filter(child => child !== undefined && child !== null && child !== ""));
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
}

// say puts a text where another one stands, and leaves it alone when that is the same: it would be read out again.
export function say(element, text) {
  if (element.textContent !== (text || "")) element.textContent = text || "";
}

export function moment(iso) {
  const when = new Date(iso);
  return make("time", { datetime: iso, title: when.toLocaleString() }, when.toLocaleTimeString());
}

export function day(iso) {
  return make("time", { datetime: iso }, new Date(iso).toLocaleString());
}

// lasted is how long something took or, with no end, how long it has taken: that goes on by itself.
export function lasted(start, end) {
  if (!start) return "";
  if (end) return seconds(new Date(end) - new Date(start));
  return make("span", { "data-since": start }, seconds(Date.now() - new Date(start)));
}

// left is how long there is until then.
export function left(until) {
  return make("span", { "data-until": until }, seconds(new Date(until) - Date.now()));
}

export function seconds(ms) {
  const s = Math.max(ms, 0) / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
}

export const marks = { done: "✓", passed: "✓", Succeeded: "✓", failed: "✗", Failed: "✗", running: "●", InProgress: "●", undone: "↩", waiting: "○", Skipped: "–" };

export const mark = state => make("span", { class: "mark", "aria-hidden": "true" }, marks[state] || "○");

setInterval(() => {
  for (const e of document.querySelectorAll("[data-since]")) e.textContent = seconds(Date.now() - new Date(e.dataset.since));
  for (const e of document.querySelectorAll("[data-until]")) e.textContent = seconds(new Date(e.dataset.until) - Date.now());
}, 1000);
