/** The URL prefix of the files that PDF.js fetches itself; see vite.config.ts. */
declare const PDF_RESOURCES: string

/** The build of hls.js without captions, encryption and alternative audio; its types are those of the full build. */
declare module 'hls.js/light' {
  export { default } from 'hls.js'
}
