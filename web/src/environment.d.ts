/** Where PDF.js finds what it fetches by itself; see vite.config.ts. */
declare const PDF_RESOURCES: string

/** The part of hls.js without captions, encryption and other sounds; its own types are those of the whole. */
declare module 'hls.js/light' {
  export { default } from 'hls.js'
}
