// [data-copy="text"] copies the text; [data-copy-from="#id"] copies a field's or element's text.
(() => {
  const legacyCopy = (text) => {
    // navigator.clipboard exists on https and localhost only; this is the way on plain http.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "copy-area";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const copy = async (text) => {
    if (!navigator.clipboard) return legacyCopy(text);
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return legacyCopy(text);
    }
  };
  const textOf = (button) => {
    if (!button.dataset.copyFrom) return button.dataset.copy;
    const source = document.querySelector(button.dataset.copyFrom);
    return source.value ?? source.textContent.trim();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button || !(await copy(textOf(button)))) return;
    const label = button.querySelector("[data-copy-label]");
    const before = label?.textContent;
    button.classList.add("copied");
    if (label && button.dataset.copied) label.textContent = button.dataset.copied;
    else if (button.dataset.copied) document.dispatchEvent(new CustomEvent("toast", { detail: button.dataset.copied }));
    setTimeout(() => {
      button.classList.remove("copied");
      if (label) label.textContent = before;
    }, 1600);
  });
})();
