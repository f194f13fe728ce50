// Whether a click on the element leads to another document.
function (scripts) {
  const link = this.closest('a[href]')
  if (link) return !link.target && !link.hash
  const form = this.form
  if (!form || this.type !== 'submit' || form.method === 'dialog') return false
  const confirms = scripts && form.dataset.confirm && !form.dataset.sure
  return !confirms && (form.noValidate || form.checkValidity())
}
