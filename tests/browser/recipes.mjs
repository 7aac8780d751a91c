// A page in Chromium that runs recipes of a document unchanged, with code that a test adds, at an origin that the deployment allows.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { start } from './chromium.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** Return a function that returns the code of a recipe in docs/`name`, or throws if it is missing. */
export function recipesOf(name) {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
  return (recipe) => {
    const match = text.match(new RegExp(`<!-- recipe: ${recipe} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``))
    if (!match) throw new Error(`docs/${name} has no recipe ${recipe}`)
    return match[1]
  }
}

/** Open a page with this body and script; `close` ends the browser and the server. */
export async function pageWith(job, { script, body }) {
  const bundle = await build({
    stdin: { contents: script, resolveDir: HERE + (job.packages ?? ''), loader: 'js' },
    bundle: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error',
  })
  const document = `<!doctype html><meta charset="utf-8"><title>${job.recipe}</title><link rel="icon" href="data:,">
<script>window.API = ${JSON.stringify(job.api)}; window.token = ${JSON.stringify(job.token)}</script>
${body}<script type="module" src="/page.js"></script>`
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? bundle.outputFiles[0].text : document)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await start(job.chromium, { origin: job.origin, port: server.address().port })
  const page = await (await browser.newContext()).newPage()
  const close = async () => {
    await browser.close()
    server.close()
  }
  return { page, close }
}
