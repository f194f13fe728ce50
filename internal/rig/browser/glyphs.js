// The characters of the page without a glyph in any font: they look like a character that
// no font has.
() => {
  const none = '\u{10FFFD}'
  const side = 48
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = side
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  const draw = (font, c) => {
    pen.clearRect(0, 0, side, side)
    pen.font = font
    pen.fillText(c, 4, side - 16)
    return new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer)
  }
  const same = (a, b) => a.every((pixel, i) => pixel === b[i])
  const drawn = new Map(), missing = new Map()
  const judge = (text, e) => {
    const style = getComputedStyle(e)
    const font = [style.fontStyle, style.fontWeight, '24px', style.fontFamily].join(' ')
    if (!drawn.has(font)) drawn.set(font, { none: draw(font, none), seen: new Set() })
    const known = drawn.get(font)
    for (const c of text) {
      if (known.seen.has(c) || /[\p{Z}\p{M}\p{Cc}\p{Cf}]/u.test(c)) continue
      known.seen.add(c)
      if (c === none || same(draw(font, c), known.none)) {
        missing.set(c, 'U+' + c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + ' in ' + JSON.stringify(text.trim().slice(0, 40)))
      }
    }
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode
    if (!text.parentElement.closest('script, style, template')) judge(text.data, text.parentElement)
  }
  for (const e of document.querySelectorAll('input, textarea')) judge(e.value + e.placeholder, e)
  return [...missing.values()]
}
