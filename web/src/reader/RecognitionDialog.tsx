import { useEffect, useState } from 'preact/hooks'
import { call } from '../api/client'
import { account, loadAccount } from '../library/account'
import type { Media } from '../library/model'
import { FormDialog } from '../parts/FormDialog'
import { languageName, t } from '../texts'

const MAX_LANGUAGES = 5 // of one request

/** Recognizes the text of a scan, again or in other languages, or of a picture. */
export function RecognitionDialog({ media, onClose }: { media: Media; onClose: () => void }) {
  const [chosen, setChosen] = useState<string[]>([])
  useEffect(() => void loadAccount().catch(() => undefined), [])
  const submit = async () => {
    if (media.text_status === 'recognizing') await call('DELETE', `/v1/media/${media.id}/recognition`)
    const body = chosen.length ? { languages: chosen } : {}
    await call('POST', `/v1/media/${media.id}/recognition`, { body, idempotencyKey: crypto.randomUUID() })
  }
  const languages = account.value?.limits.recognition_languages ?? []
  return (
    <FormDialog title={t.reader.recognizeTitle} action={t.reader.recognize} onClose={onClose} onSubmit={submit}>
      <p>{media.is_scan ? t.reader.recognizeHint : t.reader.readPictureHint}</p>
      <fieldset class="language-choice">
        <legend class="label">{t.reader.documentLanguages}</legend>
        {languages.map((language) => (
          <label key={language}>
            <input
              type="checkbox"
              checked={chosen.includes(language)}
              disabled={chosen.length === MAX_LANGUAGES && !chosen.includes(language)}
              onChange={() => setChosen(chosen.includes(language) ? chosen.filter((other) => other !== language) : [...chosen, language])}
            />
            <span>{languageName(language)}</span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  )
}
