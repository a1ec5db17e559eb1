// Draws what the listeners answered, or their weights, over time: a bar a sample, stacked by version.
import { at, fill, make, moment, shape } from "./dom.js";
import { hue } from "./hue.js";

const shown = 150, wide = 600, high = 100;
let samples = [];

export function reset() {
  samples = [];
}

export function add(more) {
  samples = samples.concat(more).slice(-shown);
}

export function draw(counted) {
  const unit = counted ? "requests a second" : "% of the listener's weight";
  fill(at("traffic"),
    figure("Production", "production", unit, counted, ""), figure("Test listener", "test", unit, counted, " low"), legend(), numbers(counted));
}

const sum = shares => shares.reduce((all, s) => all + s.all, 0);
const versions = () => [...new Set(samples.flatMap(s => [...s.production, ...s.test]).map(s => s.version))];

function figure(title, listener, unit, counted, low) {
  const most = counted ? Math.max(5, ...samples.map(s => sum(s[listener]))) : 100;
  const now = samples.length ? samples[samples.length - 1][listener] : [];
  const told = now.length ? now.map(s => `${s.version} ${s.all}`).join(", ") : "nothing";
  const paths = new Map(versions().map(v => [v, ""]));
  let failed = "";
  const from = shown - samples.length, each = wide / shown;
  samples.forEach((sample, i) => {
    let floor = high;
    const bar = n => { const h = n / most * high; floor -= h; return `M${((from + i) * each).toFixed(1)} ${floor.toFixed(1)}h${each}v${h.toFixed(1)}h-${each}z`; };
    for (const s of sample[listener]) {
      paths.set(s.version, paths.get(s.version) + bar(s.all - (s.failed || 0)));
      if (s.failed) failed += bar(s.failed);
    }
  });
  return make("figure", {},
    make("figcaption", {}, make("strong", {}, title), make("span", { class: "soft" }, `now ${told}; the top is ${most} ${unit}`)),
    shape("svg", { class: `chart${low}`, viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", role: "img", "aria-label": `${title}, ${unit}, over time: now ${told}` },
      [...paths].map(([version, d]) => d ? shape("path", { class: hue(version), d }) : null), failed ? shape("path", { class: "failed", d: failed }) : null));
}

function legend() {
  return make("p", { class: "legend" }, versions().map(v => make("span", { class: hue(v) }, make("span", { class: "swatch", "aria-hidden": "true" }), v)),
    samples.length ? make("span", { class: "soft" }, "since ", moment(samples[0].at)) : null);
}

// numbers are the same for who does not see the drawing. Open or not is left as it is.
function numbers(counted) {
  if (!counted || !samples.length) return "";
  const open = at("traffic").querySelector("details")?.open;
  const rows = ["production", "test"].flatMap(listener => versions().map(version => {
    const of = samples.flatMap(s => s[listener]).filter(s => s.version === version);
    return of.length ? make("tr", {}, make("th", { scope: "row" }, version), make("td", {}, listener), make("td", {}, String(sum(of))),
      make("td", {}, String(of.reduce((all, s) => all + (s.failed || 0), 0)))) : null;
  }));
  return make("details", { open },
    make("summary", {}, "As numbers"),
    make("table", {}, make("caption", { class: "unseen" }, "Requests in the time that is drawn"),
      make("thead", {}, make("tr", {}, ["Version", "Listener", "Answered", "Failed"].map(t => make("th", { scope: "col" }, t)))), make("tbody", {}, rows)));
}
