// A version keeps its colour through the whole drawing: green is the one that came last, blue the one beside it.
let green = "", blue = "";

export function learn({ taskSets, versions }) {
  for (const set of taskSets) {
    if (set.label === "green") green = versions[set.id];
    if (set.label === "blue" && set.status !== "DRAINING") blue = versions[set.id];
  }
  if (!taskSets.some(set => set.label) && taskSets[0] && ![green, blue].includes(versions[taskSets[0].id])) green = versions[taskSets[0].id];
}

export function hue(version) {
  return version === green ? "hue-green" : version === blue ? "hue-blue" : "hue-grey";
}
