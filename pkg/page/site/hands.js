// The buttons: each sends an order; what moves traffic is told first and must be confirmed.
import { at, fill, left, make, say } from "./dom.js";

let busy = false;

export function hands() {
  for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => act(button.dataset.action, {}, button));
  at("no").addEventListener("click", () => at("confirm").close());
}

export function offer(actions, on) {
  for (const button of document.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", String(on.includes(button.dataset.action)));
  at("hands").hidden = actions.length === 0;
  for (const button of document.querySelectorAll("#hands > div > [data-action]")) button.hidden = !actions.includes(button.dataset.action);
  at("waits").hidden = !actions.includes("skip");
}

export function waits(all) {
  const focused = document.activeElement?.dataset?.wait;
  fill(at("waits"), all.map(w => {
    const button = make("button", { type: "button", "data-wait": w.name, "aria-disabled": String(busy) }, `Skip ${w.name}`, make("span", { class: "soft", "aria-hidden": "true" }, " ", left(w.until)));
    button.addEventListener("click", () => act("skip", { wait: w.name }, button));
    return button;
  }));
  if (focused) (document.querySelector(`[data-wait="${CSS.escape(focused)}"]`) || at("main")).focus({ preventScroll: true });
}

// works says that an order is under way: there is one at a time. The buttons keep the focus, which disabled ones lose.
function works(yes) {
  busy = yes;
  for (const button of document.querySelectorAll("#hands button")) button.setAttribute("aria-disabled", String(yes));
}

async function act(action, order, button) {
  if (busy) return;
  works(true);
  tell("Under way…");
  try {
    const response = await fetch(`do/${action}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });
    if (!response.ok) throw new Error(await response.text());
    const done = await response.json();
    if (done.plan) confirm(action, done.plan, button);
    else tell(done.did.join(". ") + ".");
  } catch (error) {
    tell(`That was not done: ${error.message.trim()}`, true);
  } finally {
    works(false);
  }
}

function confirm(action, plan, button) {
  tell("");
  const name = button.firstChild.textContent;
  say(at("confirm-title"), `${name}?`);
  fill(at("plan"), plan.map(line => make("li", {}, line)));
  say(at("yes"), name);
  at("yes").onclick = () => { at("confirm").close(); act(action, { confirmed: true }, button); };
  at("confirm").showModal();
}

function tell(text, bad) {
  at("answer").toggleAttribute("data-bad", Boolean(bad));
  say(at("answer"), text);
}
