// Sets the field's value, and sends its events to scripts. Returns why the value was not accepted.
function (value) {
  if (this.disabled || this.readOnly) return 'cannot be changed'
  this.focus()
  if (this.tagName === 'SELECT') {
    const option = [...this.options].find((o) => o.text.trim() === value)
    if (!option) return 'has no option ' + value + ', but ' + [...this.options].map((o) => o.text.trim()).join(', ')
    this.selectedIndex = option.index
  } else {
    this.value = value
    if (this.value !== value) return 'does not take ' + value
  }
  this.dispatchEvent(new Event('input', { bubbles: true }))
  this.dispatchEvent(new Event('change', { bubbles: true }))
  return ''
}
