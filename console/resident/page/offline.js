// What is left without a network: orders that this device saved, and the shelters, each with its time. Never as current.
import { $ } from "./dom.js";
import { savedCards } from "./orders.js";
import { drawShelters, startShelters } from "./shelters.js";
import { begin } from "./words.js";

async function start() {
  await begin();
  $("again").addEventListener("click", () => location.reload());
  $("saved").replaceChildren(...(await savedCards()));
  startShelters();
  await drawShelters();
  addEventListener("online", () => location.reload());
  document.documentElement.dataset.ready = "true";
}

start();
