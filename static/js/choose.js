// <input type="checkbox" data-choose-all="name"> checks every box of that name in its form.
document.addEventListener("change", ({ target }) => {
  const name = target.dataset?.chooseAll;
  if (!name) return;
  target.form.querySelectorAll(`input[type=checkbox][name="${name}"]`).forEach((box) => {
    box.checked = target.checked;
  });
});
