// Package browser shows pages to tests in a Chromium without a window, uses them as
// people do, and finds what people would complain about: text that is cut, overlaps
// or has no glyph, and what axe-core finds inaccessible. Controls are found by role
// and accessible name, as assistive technology finds them. Fails where Chromium or
// axe-core is missing; tools/chromium.sh and tools/axe.sh install them.
package browser
