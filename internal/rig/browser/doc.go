// Package browser lets tests use pages in a Chromium without a window, as people do. It
// finds faults that people would notice: text that is cut, overlaps or has no glyph, and
// violations that axe-core finds. Controls are found by role and accessible name, like
// assistive technology finds them. A test fails if Chromium or axe-core is missing;
// tools/chromium.sh and tools/axe.sh install them.
package browser
