// The browser's own time zone: preselected in forms that ask for one, kept for visitors in the `zone` cookie.
import { once } from "./once.js";

const own = () => {
  try {
    return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  } catch {
    return "";
  }
};

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
  if (root !== document || !zone || /(?:^|; )zone=/.test(document.cookie)) return;
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}
