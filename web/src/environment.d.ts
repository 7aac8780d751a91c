/** Where PDF.js finds what it fetches by itself; see vite.config.ts. */
declare const PDF_RESOURCES: string
