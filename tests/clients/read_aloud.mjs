// Runs the TypeScript recipe of docs/clients.md, compiled to client.js beside this file: read_aloud.mjs API TOKEN FILE
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { argv } from 'node:process'
import { readAloud } from './client.js'

const [api, token, path] = argv.slice(2)
const file = new File([readFileSync(path)], basename(path), { type: 'text/plain' })
const states = []
const { job, words } = await readAloud(api, token, file, ({ status }) => states.push(status))
console.log(JSON.stringify({ status: job.status, words: words.length, states: [...new Set(states)] }))
