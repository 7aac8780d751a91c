import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

// Files that PDF.js fetches itself, by folder: character maps of Asian fonts, replacements for the 14 standard fonts, colour profiles and
// image decoders. Only the JavaScript decoders: the content security policy blocks WebAssembly.
const PDFJS = 'node_modules/pdfjs-dist'
const FOLDERS = { cmaps: /\.bcmap$/, standard_fonts: /\.(pfb|ttf)$/, iccs: /\.icc$/, wasm: /_nowasm_fallback\.js$/ }

function pdfResources(): Plugin {
  const { version } = JSON.parse(readFileSync(join(PDFJS, 'package.json'), 'utf8')) as { version: string }
  return {
    name: 'pdf-resources',
    config: () => ({ define: { PDF_RESOURCES: JSON.stringify(`assets/pdfjs-${version}/`) } }),
    generateBundle() {
      for (const [folder, pattern] of Object.entries(FOLDERS))
        for (const name of readdirSync(join(PDFJS, folder)).filter((file) => pattern.test(file)))
          this.emitFile({
            type: 'asset',
            fileName: `assets/pdfjs-${version}/${folder}/${name}`,
            source: readFileSync(join(PDFJS, folder, name)),
          })
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [pdfResources()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark(), which the reader's backgrounds need; older targets would get a rewritten form
    assetsInlineLimit: 0, // the content security policy blocks data: URLs
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    chunkSizeWarningLimit: 3000, // PDF.js' worker
    reportCompressedSize: false,
  },
})
