import { byId } from "./dom.js";
import { connect, onChange } from "./store.js";
import { drawChat } from "./chat.js";
import { drawLog } from "./log.js";
import { drawPeople } from "./people.js";
import { drawSettings } from "./settings.js";
import "./composer.js";

for (const draw of [drawPeople, drawChat, drawLog, drawSettings]) onChange(draw);

// On a narrow screen one part is shown at a time.
for (const tab of document.querySelectorAll("[data-show]")) {
  tab.addEventListener("click", () => {
    document.body.dataset.tab = tab.dataset.show;
    for (const other of document.querySelectorAll("[data-show]")) other.setAttribute("aria-pressed", other === tab);
  });
}

connect().catch((error) => { byId("notice").textContent = "The emulator does not answer: " + error.message; });
