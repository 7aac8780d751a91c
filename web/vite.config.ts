import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin, transformWithOxc } from 'vite'

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

// The service worker (service_worker/sw.ts) is one file with a fixed name. It stores the files that any document may need when it is
// installed, and the others when a document is kept or when they are used.
const LARGE = /\/(pdf|hls)[^/]*\.m?js$/
const LATIN_FONT = /-latin-(wght|400)-normal-[^/]*\.woff2$/

function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    async generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter(
        (path) => !path.startsWith('assets/pdfjs-') && !path.endsWith('.html') && !path.endsWith('.woff'),
      )
      const isShell = (path: string) => (/\.(js|css)$/.test(path) && !LARGE.test(path)) || LATIN_FONT.test(path)
      const shell = ['config.json', 'manifest.webmanifest', 'icon.svg', 'icon-192.png', ...files.filter(isShell)].sort()
      const others = files.filter((path) => !isShell(path)).sort()
      const { code } = await transformWithOxc(readFileSync('service_worker/sw.ts', 'utf8'), 'sw.ts')
      const build = createHash('sha256')
        .update(JSON.stringify([shell, others, code]))
        .digest('hex')
        .slice(0, 12)
      const constants = { SHELL_FILES: shell, OTHER_FILES: others, BUILD: build }
      const definitions = Object.entries(constants).map(([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`)
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: definitions.join('') + code })
    },
  }
}

// Visitors who are not signed in need this module as soon as the first one runs: the browser loads both at once.
const SIGN_IN = '/account/SignIn.tsx'

function signInPreload(): Plugin {
  return {
    name: 'sign-in-preload',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
        const signIn = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(SIGN_IN))
        if (!signIn) throw new Error(`${SIGN_IN} is not a chunk of its own`)
        const entries = new Set(chunks.filter((chunk) => chunk.isEntry).map((chunk) => chunk.fileName))
        const files = [signIn.fileName, ...signIn.imports.filter((name) => !entries.has(name))]
        return files.map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
          injectTo: 'head' as const,
        }))
      },
    },
  }
}

// What the first screen needs before it shows anything: a slow phone loads it within a second.
const MAX_FIRST_SCREEN_BYTES = 45_000 // compressed

function firstScreenLimit(): Plugin {
  return {
    name: 'first-screen-limit',
    writeBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
      const first = new Set(chunks.filter((chunk) => chunk.isEntry))
      for (const chunk of first) for (const name of chunk.imports) first.add(bundle[name] as typeof chunk)
      const bytes = [...first].reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0)
      if (bytes > MAX_FIRST_SCREEN_BYTES)
        this.error(`The first screen loads ${bytes} bytes of JavaScript; ${MAX_FIRST_SCREEN_BYTES} are allowed. Load more of it later.`)
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [pdfResources(), serviceWorker(), signInPreload(), firstScreenLimit()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first with light-dark(), which the reader's backgrounds need; older targets would get a rewritten form
    assetsInlineLimit: 0, // the content security policy blocks data: URLs
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    chunkSizeWarningLimit: 3000, // PDF.js' worker
    reportCompressedSize: false,
    // What main.tsx needs is one file: a fifth smaller when compressed than one for each set of modules that other screens share.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'index', tags: ['$initial'] }] } } },
  },
})
