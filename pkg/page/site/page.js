// Takes what the server sends and lets it be drawn. There is no state here but what was sent.
import { at, fill, make, moment, say } from "./dom.js";
import { hands, offer, waits } from "./hands.js";
import { learn } from "./hue.js";
import { show } from "./show.js";
import { add, draw, reset } from "./traffic.js";

const mostLines = 50;
let state = null, skippable = [];

function on(source, event, take) {
  source.addEventListener(event, message => take(JSON.parse(message.data)));
}

function connect() {
  const source = new EventSource("events");
  source.onopen = () => link("Connected");
  source.onerror = () => link("The connection is lost; what stands here is old. Trying again…", true);
  on(source, "state", next => {
    const text = state && state.story.text;
    state = next;
    learn(state);
    show(state);
    offer(state.actions, state.on);
    draw(state.counted);
    if (text !== null && text !== state.story.text) announce(`${state.story.text} ${state.story.reason || ""}`);
    waits(state.actions.includes("skip") ? skippable : []);
  });
  on(source, "begin", () => { reset(); fill(at("lines")); });
  on(source, "traffic", more => { add(more); if (state) draw(state.counted); });
  on(source, "lines", lines => lines.forEach(line));
  on(source, "waits", all => { skippable = all; if (state && state.actions.includes("skip")) waits(all); });
  on(source, "trouble", text => link(text ? `Nothing can be read: ${text}` : "Connected", Boolean(text)));
}

function link(text, lost) {
  at("link").toggleAttribute("data-lost", Boolean(lost));
  say(at("link"), text);
}

function line({ at: when, text }) {
  at("no-lines").hidden = true;
  at("lines").prepend(make("li", {}, moment(when), " ", text.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/g, "$1…")));
  while (at("lines").children.length > mostLines) at("lines").lastChild.remove();
}

// announce is heard by who does not see the page: each turn of the story, not each of its lines.
function announce(text) {
  at("announce").append(make("span", {}, `${text} `));
  while (at("announce").children.length > 5) at("announce").firstChild.remove();
}

async function services() {
  const names = await (await fetch("services")).json();
  const here = decodeURIComponent(location.pathname.split("/").at(-2));
  at("services").hidden = names.length < 2;
  fill(at("services"), names.map(name => make("a", { href: `../${encodeURIComponent(name)}/`, "aria-current": name === here ? "page" : null }, name)));
}

hands();
services();
connect();
