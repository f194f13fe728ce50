// The faults of the page's layout: {Sideways, Cut, Overlaps}, each a list of descriptions.
() => {
  const slack = 1.5 // px, the error of rounding
  const found = { Sideways: [], Cut: [], Overlaps: [] }
  const say = (kind, what) => { if (!found[kind].includes(what)) found[kind].push(what) }
  const name = (e) => {
    const classes = typeof e.className === 'string' ? e.className.trim() : ''
    return '<' + e.tagName.toLowerCase() + (classes && '.' + classes.replace(/\s+/g, '.')) + '>'
  }
  const quote = (s) => JSON.stringify(s.trim().replace(/\s+/g, ' ').slice(0, 60))
  const ancestors = function* (e) { for (; e && e !== document.body && e !== document.documentElement; e = e.parentElement) yield e }
  const shown = (e) => {
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false
    for (const a of ancestors(e)) { // text for screen readers only
      const style = getComputedStyle(a), box = a.getBoundingClientRect()
      if (style.overflow !== 'visible' && style.display !== 'inline' && (box.width <= 1 || box.height <= 1)) return false
      if (style.clipPath === 'inset(50%)' || (style.clip !== 'auto' && style.position === 'absolute')) return false
    }
    return true
  }

  // The text, line by line: its glyphs are as high as its font, whatever the line is.
  const modal = document.querySelector('dialog:modal')
  const lines = () => {
    const all = []
    const walker = document.createTreeWalker(modal || document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const text = walker.currentNode, e = text.parentElement
      if (!text.data.trim() || e.closest('script, style, noscript, template, option, textarea, svg') || !shown(e)) continue
      const range = document.createRange()
      range.selectNodeContents(text)
      const size = parseFloat(getComputedStyle(e).fontSize)
      for (const r of range.getClientRects()) {
        if (r.width < 1 || r.right <= 0 || r.bottom + scrollY <= 0) continue // a hidden skip link
        const middle = (r.top + r.bottom) / 2
        all.push({ node: text, element: e, what: quote(text.data) + ' in ' + name(e), left: r.left, right: r.right, top: middle - size * 0.45, bottom: middle + size * 0.45 })
      }
    }
    return all
  }
  const controls = () => [...(modal || document.body).querySelectorAll('input:not([type=hidden]), select, textarea, button, img, video, iframe')]
    .filter(shown).map((e) => {
      const r = e.getBoundingClientRect()
      return { element: e, what: name(e) + (e.id ? '#' + e.id : ''), left: r.left, right: r.right, top: r.top, bottom: r.bottom }
    })

  // Text that does not fit its box, or a box around that.
  const cut = (line) => {
    let inOwn = false
    for (const box of ancestors(line.element)) {
      const style = getComputedStyle(box)
      if (style.display.match(/^(inline|contents)$/)) continue
      const r = box.getBoundingClientRect(), own = !inOwn
      inOwn = true
      const wide = line.left < r.left - slack || line.right > r.right + slack
      const high = line.top < r.top - slack || line.bottom > r.bottom + slack
      if (own && (wide || high)) say('Cut', line.what + ' is ' + (wide ? 'wider' : 'higher') + ' than its box ' + name(box))
      else if ((wide && style.overflowX !== 'visible') || (high && style.overflowY !== 'visible')) say('Cut', line.what + ' is cut by ' + name(box))
      if (style.position === 'fixed') return
    }
  }
  const pen = document.createElement('canvas').getContext('2d')
  const fieldCut = (e) => {
    if (e.matches('[type=checkbox], [type=radio], [type=range], [type=color], [type=file], [type=image]')) return
    if (e.tagName === 'TEXTAREA' || e.matches('[type=submit], [type=button], [type=reset]')) {
      if (e.scrollWidth > e.clientWidth + slack) say('Cut', quote(e.value) + ' is wider than its field ' + name(e))
      return
    }
    const style = getComputedStyle(e)
    pen.font = [style.fontStyle, style.fontWeight, style.fontSize, style.fontFamily].join(' ')
    const texts = e.tagName === 'SELECT' ? [...e.selectedOptions].map((o) => o.text) : e.type.match(/date|time|month|week/) ? [] : [e.value || e.placeholder]
    // A select draws its arrow next to the text.
    const arrow = e.tagName === 'SELECT' && !e.multiple && e.size <= 1 ? 12 : 0
    const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - (style.appearance === 'none' ? 0 : arrow)
    for (const t of texts) if (t && pen.measureText(t).width > room + slack) say('Cut', quote(t) + ' is wider than its field ' + name(e))
  }

  // Boxes in front of others. A box that stays in the window while the page is scrolled
  // belongs to the end of the page that it is nearer to.
  const kept = (e) => [...ancestors(e)].find((a) => getComputedStyle(a).position.match(/fixed|sticky/))
  const away = (e, top) => {
    const bar = kept(e)
    if (!bar || top === null) return false
    const r = bar.getBoundingClientRect()
    return ((r.top + r.bottom) / 2 < innerHeight / 2) !== top
  }
  const overlaps = (top) => {
    const texts = lines(), fields = controls()
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack
    const apart = (a, b) => a.element !== b.element && !a.element.contains(b.element) && !b.element.contains(a.element)
    const judge = (a, b) => {
      if (!meet(a, b) || (kept(a.element) !== kept(b.element) && (away(a.element, top) || away(b.element, top)))) return
      say('Overlaps', a.what + ' and ' + b.what)
    }
    texts.forEach((a, i) => {
      const front = document.elementFromPoint((a.left + a.right) / 2, (a.top + a.bottom) / 2) // null outside the window
      if (front && apart(a, { element: front }) && !(kept(front) !== kept(a.element) && away(front, top))) say('Overlaps', a.what + ' is behind ' + name(front))
      for (const b of texts.slice(i + 1)) if (a.node !== b.node) judge(a, b)
      for (const f of fields) if (apart(a, f)) judge(a, f)
    })
    fields.forEach((a, i) => { for (const b of fields.slice(i + 1)) if (apart(a, b)) judge(a, b) })
  }

  const root = document.scrollingElement, was = scrollY
  const go = (y) => scrollTo({ top: y, left: 0, behavior: 'instant' })
  go(0)
  if (root.scrollWidth > root.clientWidth) {
    say('Sideways', 'the page is ' + root.scrollWidth + ' px wide in a window of ' + root.clientWidth)
    for (const e of document.body.querySelectorAll('*')) {
      if (shown(e) && e.getBoundingClientRect().right > root.clientWidth + slack) say('Sideways', name(e) + ' sticks out')
    }
  }
  lines().forEach(cut)
  controls().forEach((c) => { if (c.element.matches('input, select, textarea')) fieldCut(c.element) })
  const moves = root.scrollHeight > innerHeight
  overlaps(moves ? true : null)
  if (moves) {
    go(root.scrollHeight)
    overlaps(false)
  }
  go(was)
  return found
}
