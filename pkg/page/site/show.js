// Draws how things stand: the story, the way, the task sets, the checks and the history.
import { at, day, fill, lasted, make, mark, moment, say } from "./dom.js";
import { hue } from "./hue.js";

const words = { done: "done", running: "under way", failed: "failed", undone: "done", waiting: "still to come" };

export function show(state) {
  say(at("service"), state.service);
  say(at("place"), `cluster ${state.cluster}`);
  document.title = `${state.story.text} – ${state.service}`;
  story(state);
  way(state);
  fill(at("sets"), state.taskSets.map(set => taskSet(set, state)));
  fill(at("checks"), state.checks.map(check));
  at("no-checks").hidden = state.checks.length > 0;
  fill(at("history"), state.history.map(past));
  at("no-history").hidden = state.history.length > 0;
}

function story({ story, said }) {
  at("story").dataset.tone = story.tone;
  say(at("story-text"), story.text);
  at("reason").hidden = !story.reason;
  say(at("reason"), story.reason && `Why: ${story.reason}`);
  at("report").hidden = !/^https:/.test(story.report || "");
  if (!at("report").hidden) at("report").firstChild.setAttribute("href", story.report);
  at("said").hidden = !said;
  say(at("said"), said && `The release loop says ${said.decision}: ${said.reason}`);
}

function way({ steps, shown }) {
  at("way").dataset.steps = steps.length;
  fill(at("way"), steps.map(step => make("li", { "data-state": step.state },
    make("h3", {}, mark(step.state), step.name, make("span", { class: "unseen" }, `, ${words[step.state]}`)),
    make("span", { class: "soft" }, when(step)),
    step.events.length ? make("ol", {}, step.events.map(event)) : null)));
  at("way-title").textContent = shown ? `From push to end: ${shown.id}` : "From push to end";
}

function when(step) {
  if (step.state === "waiting") return "";
  if (step.name === "Blue is kept" && step.state === "running" && step.end) return ["until ", moment(step.end)];
  if (!step.start) return "";
  if (step.end && step.end === step.start) return moment(step.start);
  return [moment(step.start), ", ", lasted(step.start, step.end)];
}

function event(e) {
  const took = e.status === "InProgress" || e.end ? lasted(e.start, e.end) : "";
  return make("li", {}, mark(e.status), e.name, " ", make("span", { class: "unseen" }, `${e.status} `), make("span", { class: "took" }, took));
}

function taskSet(set, state) {
  const label = set.label || (set.status === "PRIMARY" ? "live" : set.status.toLowerCase());
  const share = (name, percent) => [make("dt", {}, name), make("dd", {},
    make("meter", { min: 0, max: 100, value: percent, "aria-label": `${name} of ${state.versions[set.id]}` }), `${percent} %`)];
  return make("li", { class: hue(state.versions[set.id]) },
    make("h3", {}, state.versions[set.id] || set.id, make("span", { class: "badge" }, label)),
    make("dl", {},
      make("dt", {}, "Healthy"), make("dd", {}, `${set.healthyTargets} of ${set.desired} targets, ${set.running} running`),
      share("Production", set.productionWeight), share("Test", set.testWeight),
      make("dt", {}, "Image"), make("dd", { class: "soft" }, short(set.image))));
}

const short = image => (image || "").replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/g, "$1…");

function check(c) {
  return make("li", { "data-state": c.state },
    make("span", {}, mark(c.state), c.name, make("span", { class: c.state === "passed" ? "unseen" : "soft" }, ` ${c.state}`),
      c.latencyMs ? make("span", { class: "soft" }, ` ${c.latencyMs.toFixed(c.latencyMs < 10 ? 1 : 0)} ms`) : ""),
    c.problem ? make("span", { class: "problem" }, c.problem) : "");
}

function past(d) {
  return make("li", {},
    make("p", {}, make("span", { class: "version" }, d.version), make("br"), make("span", { class: "soft" }, d.deployment)),
    make("p", {}, make("span", { "data-status": d.status }, d.status), make("br"),
      make("span", { class: "soft" }, lasted(d.created, d.completed))),
    make("p", {}, d.why || "", d.why ? make("br") : "", make("span", { class: "soft" }, day(d.created))));
}

