// The point at which the element is clicked: the middle of its first box.
function () {
  this.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' })
  const box = [...this.getClientRects()].find((r) => r.width > 0 && r.height > 0)
  if (!box) return { X: 0, Y: 0, Covered: 'nothing: it has no size' }
  const x = box.left + box.width / 2, y = box.top + box.height / 2
  const front = document.elementFromPoint(x, y)
  const labels = [...(this.labels || [])]
  const free = front && (this.contains(front) || front.contains(this) || labels.some((l) => l.contains(front)))
  return { X: x, Y: y, Covered: free ? '' : front ? front.outerHTML.slice(0, 120) : 'the edge of the window' }
}
