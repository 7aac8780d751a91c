// The structure of src/: imports run in one direction.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SRC = fileURLToPath(new URL('../src/', import.meta.url))
const MAX_LINES = 300
// `import … from`, `export … from`, bare `import '…'` and `import('…')`, type-only ones too.
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"]*)\1/g
// Those of values, which are loaded together with the source.
const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\bfrom\s*)?'(\.[^']*)'/gm
// `import('…')`, what is called with it, and whether that loads the texts of other screens.
const DYNAMIC_IMPORT = /(\w*\((?:\(\) => )?)?\bimport\('(\.[^']*)'\)(\.then\(\(module\) => module\.\w+\),\s*\{[^}]*hasTexts: true)?/g

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .sort()
const exists = new Set(sources)

/** The source that a relative import names; undefined for style sheets. */
function target(source, specifier) {
  const path = relative(SRC, resolve(SRC, dirname(source), specifier))
  return [path, `${path}.ts`, `${path}.tsx`, join(path, 'index.ts')].find((candidate) => exists.has(candidate))
}

/** Sources by the sources that they import. */
const imports = new Map(
  sources.map((source) => {
    const specifiers = [...readFileSync(join(SRC, source), 'utf8').matchAll(IMPORT)].map(([, , specifier]) => specifier)
    return [source, specifiers.filter((specifier) => !specifier.endsWith('.css')).map((specifier) => target(source, specifier))]
  }),
)

/** A source with all that it imports, directly or not, of which values are used before anything is loaded later. */
function withStaticImports(source, found = new Set()) {
  if (found.has(source)) return found
  found.add(source)
  for (const [, specifier] of readFileSync(join(SRC, source), 'utf8').matchAll(STATIC_IMPORT)) {
    if (!specifier.endsWith('.css')) withStaticImports(target(source, specifier), found)
  }
  return found
}

/** The sections of the texts that a source shows and that the first screen does not have. */
function screenTexts(source) {
  const sections = [...readFileSync(join(SRC, 'texts/en.screens.ts'), 'utf8').matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name)
  return sections.filter((name) => new RegExp(`\\bt\\.${name}\\b`).test(readFileSync(join(SRC, source), 'utf8')))
}

/** The first cycle of a graph, as a path that ends where it starts; undefined if there is none. */
function findCycle(graph) {
  const done = new Set()
  const visit = (node, path) => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of graph.keys()) {
    const cycle = visit(node, [])
    if (cycle) return cycle
  }
  return undefined
}

test('every relative import names a source', () => {
  for (const [source, targets] of imports) assert.ok(!targets.includes(undefined), `${source} imports a file that does not exist`)
  assert.ok([...imports.values()].flat().length > 200, 'the imports were not found')
})

test('a cycle is found, also one of type imports', () => {
  const graph = new Map(Object.entries({ a: ['b'], b: ['c', 'd'], c: [], d: ['b'] }))
  assert.deepEqual(findCycle(graph), ['b', 'd', 'b'])
  assert.equal(findCycle(new Map(Object.entries({ a: ['b', 'c'], b: ['c'], c: [] }))), undefined)
  assert.equal([..."import type { Texts } from './en'".matchAll(IMPORT)][0][2], './en')
})

test('no import cycle between files', () => {
  assert.deepEqual(findCycle(imports), undefined)
})

test('no import cycle between folders', () => {
  const folders = new Map()
  for (const [source, targets] of imports) {
    const folder = dirname(source)
    if (!folders.has(folder)) folders.set(folder, new Set())
    for (const path of targets) if (dirname(path) !== folder) folders.get(folder).add(dirname(path))
  }
  folders.delete('.') // main.tsx and Shell.tsx put everything together
  assert.deepEqual(findCycle(folders), undefined)
})

test('no file is longer than 300 lines, but for the texts', () => {
  const long = sources.filter(
    (source) => !/^texts\/[a-z]+(\.screens)?\.ts$/.test(source) && readFileSync(join(SRC, source), 'utf8').split('\n').length > MAX_LINES,
  )
  assert.deepEqual(long, [])
})

test('what the first screen loads shows no texts of other screens', () => {
  const first = [...withStaticImports('main.tsx')]
  assert.ok(first.includes('library/MediaCard.tsx') && !first.includes('reader/Reader.tsx'), 'the static imports were not found')
  for (const source of first) assert.deepEqual(screenTexts(source), [], source)
})

test('what is loaded later and shows texts of other screens is loaded with them', () => {
  let found = 0
  for (const source of sources) {
    for (const [, call, specifier, hasTexts] of readFileSync(join(SRC, source), 'utf8').matchAll(DYNAMIC_IMPORT)) {
      const later = [...withStaticImports(target(source, specifier))]
      if (!later.some((path) => screenTexts(path).length)) continue
      found++
      assert.match(call ?? '', /^(lazy\(\(\) => |withScreenTexts\()$/, `${source} loads ${specifier}`)
      assert.ok(!hasTexts, `${source} loads ${specifier}`)
    }
  }
  assert.ok(found > 10, 'no dynamic imports were found')
})
