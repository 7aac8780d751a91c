// Lints the OpenAPI document on standard input with the recommended rules of Spectral and Redocly.
// Writes the findings to standard output, as a list of {linter, rule, place, message}.
import { text } from 'node:stream/consumers'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectral from '@stoplight/spectral-core'
import parsers from '@stoplight/spectral-parsers'
import rulesets from '@stoplight/spectral-rulesets'

const SPECTRAL_RULES = {
  extends: [[rulesets.oas, 'recommended']],
  rules: {
    // The contact is the operator of a deployment, whom the code does not know.
    'info-contact': 'off',
    // A rule of OpenAPI 3.0. In 3.1 every scheme may list roles: here the scopes of API keys. Redocly checks that schemes are defined.
    'oas3-operation-security-defined': 'off',
    // tests/unit/api/test_openapi.py requires a success of every operation but two, of which MCP wants that they are always 405.
    'operation-success-response': 'off',
  },
}
const REDOCLY_RULES = {
  // OpenAPI prefers the path without parameters, as the gateway does; /v1/media/stream/{media_id} is in released clients.
  'no-ambiguous-paths': 'off',
  // Audio and pictures are redirects to storage. tests/unit/api/test_openapi.py requires 2xx or 3xx of every operation.
  'operation-2xx-response': 'off',
}

const source = await text(process.stdin)
const linter = new spectral.Spectral()
linter.setRuleset(SPECTRAL_RULES)
const ofSpectral = await linter.run(new spectral.Document(source, parsers.Json, 'openapi.json'))
const config = await createConfig({ extends: ['recommended'], rules: REDOCLY_RULES })
const ofRedocly = await lintFromString({ source, absoluteRef: 'openapi.json', config })

const findings = [
  ...ofSpectral.map(({ code, path, message }) => ({ linter: 'spectral', rule: code, place: path.join('/'), message })),
  ...ofRedocly.map(({ ruleId, location, message }) => ({ linter: 'redocly', rule: ruleId, place: location[0]?.pointer, message })),
]
process.stdout.write(JSON.stringify(findings))
