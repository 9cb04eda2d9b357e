// The browser's own time zone: preselected in forms that ask for one, kept for visitors in the `zone` cookie.
import { once } from "./once.js";

const own = () => {
  try {
    return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  } catch {
    return "";
  }
};

const kept = () => /(?:^|; )zone=/.test(document.cookie);

export function zones(root) {
  const zone = own();
  for (const select of once(root, "select[data-zone-guess]")) {
    const untouched = select.value === "" || (select.value === "UTC" && !select.querySelector("option[selected]:not([value=UTC])"));
    if (untouched && [...select.options].some((option) => option.value === zone)) select.value = zone;
  }
  for (const input of once(root, "input[data-zones]")) {
    const list = document.getElementById(input.getAttribute("list"));
    input.addEventListener("focus", () => {
      if (list.options.length || !Intl.supportedValuesOf) return;
      list.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name, name)));
    });
  }
  if (root !== document || !zone || kept()) return;
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  // A visitor's first page was written in UTC. If it shows times, ask for it once more.
  const shown = document.querySelector("[data-clock]")?.dataset.clock;
  const visitor = document.querySelector("form.zone-form");
  if (visitor && kept() && shown !== zone && document.querySelector("main :is(time, .ribbon, .mini)")) location.reload();
}
