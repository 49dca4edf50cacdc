// <form data-confirm="What will happen." data-confirm-title="…?" data-confirm-action="Decline">: asks before sending.
// The same attributes work on a submit button when only one of a form's buttons is dangerous.
(() => {
  const dialog = document.getElementById("confirm");
  if (!dialog?.showModal) return;
  const parts = Object.fromEntries(
    ["title", "text", "action"].map((name) => [name, dialog.querySelector(`[data-confirm-${name}]`)]),
  );
  const defaults = { title: parts.title.textContent, action: parts.action.textContent };
  const confirmed = new WeakSet();

  const ask = (source) =>
    new Promise((resolve) => {
      parts.title.textContent = source.dataset.confirmTitle || defaults.title;
      parts.text.textContent = source.dataset.confirm;
      parts.action.textContent = source.dataset.confirmAction || defaults.action;
      parts.action.classList.toggle("btn-danger", source.dataset.confirmTone !== "calm");
      parts.action.classList.toggle("btn-primary", source.dataset.confirmTone === "calm");
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "confirm"), { once: true });
      dialog.returnValue = "cancel";
      dialog.showModal();
    });

  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const { submitter } = event;
      const source = submitter?.dataset.confirm ? submitter : form;
      if (!source.dataset.confirm) return;
      if (confirmed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!(await ask(source))) return;
      confirmed.add(form);
      form.requestSubmit(submitter);
    },
    true,
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close("cancel");
  });
})();
