import { labelFor, t } from '../texts'
import type { InspectionFinding } from './model'

const IMPORT_FAILED = 'import_failed:'

/** Why a media was rejected: of an address in the language of the page, else as the API says it. */
export function rejectionText({ code, detail }: InspectionFinding): string {
  const reason = code.startsWith(IMPORT_FAILED) ? code.slice(IMPORT_FAILED.length) : ''
  return labelFor(t.importFailures, reason) ?? detail
}
