// The looks of a reader. Imported before its parts, whose styles refine them.
import '@fontsource-variable/literata/wght.css'
import '@fontsource-variable/literata/wght-italic.css'
import '@fontsource/opendyslexic/400.css'
import '../styles/reader.css'
import '../styles/print.css'
