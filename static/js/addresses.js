"use strict";

// The fields of an address follow its country at once; what was typed into one that a country has not is kept.
for (const form of document.querySelectorAll("form[data-address-rules]")) {
  const { rules, countries } = JSON.parse(form.dataset.addressRules);
  for (const button of form.querySelectorAll(".without-script")) button.remove();
  for (const address of form.querySelectorAll("[data-address]")) {
    const country = address.querySelector("select");
    const follow = () => showParts(address, rules[countries[country.value] ?? countries[""]]);
    country.addEventListener("change", () => {
      forgetMistakes(address);
      follow();
    });
    window.addEventListener("pageshow", follow); // a browser that comes back here has kept what was chosen
  }
}

function showParts(address, parts) {
  const shown = new Map(parts.map(([name, label, isNeeded]) => [name, { label, isNeeded }]));
  const fields = [...address.querySelectorAll("[data-part]")];
  for (const field of fields) {
    const part = shown.get(field.dataset.part);
    field.hidden = !part;
    if (!part) continue;
    field.querySelector("label").textContent = part.label;
    field.querySelector("input").required = part.isNeeded;
  }
  const places = [...shown.keys()];
  const place = (field) => (field.hidden ? places.length : places.indexOf(field.dataset.part));
  address.append(...fields.sort((one, other) => place(one) - place(other)));
}

// What was wrong by the rule of one country says nothing of another's.
function forgetMistakes(address) {
  for (const field of address.querySelectorAll("[data-part]")) {
    field.querySelector(".field__error")?.remove();
    const input = field.querySelector("input");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}
