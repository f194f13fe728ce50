// Whether a click on the element leads to another document.
function (scripts) {
  const link = this.closest('a[href]')
  if (link) return !link.target && !link.hash
  const form = this.form
  if (!form || this.type !== 'submit') return false
  // The attributes: a field of the form that is named method hides the property.
  if ((this.getAttribute('formmethod') ?? form.getAttribute('method')) === 'dialog') return false
  const confirms = scripts && form.dataset.confirm && !form.dataset.sure
  return !confirms && (form.noValidate || this.formNoValidate || form.checkValidity())
}
