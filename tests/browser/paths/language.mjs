// Another language, chosen in the account; then every room in it, where longer words need their place.
import { answer, job, page, run, signUp, step } from '../visit.mjs'
import { press, room, tab } from './tab.mjs'

const ENGLISH = /\b(the|of|to|and|with|add|close|more|library|account)\b/i

answer.english = []
const look = async (name) => {
  await page.look(`german-${name}`)
  answer.english.push(...(await page.ask(() => probe.wording())).filter((line) => ENGLISH.test(line)))
}

await run(async () => {
  await page.open(job.web)
  await signUp()
  await room('/account')
  await Promise.all([tab.waitForEvent('load'), tab.getByLabel('Language of the page').selectOption('Deutsch')])
  await tab.getByText('Noch nichts').waitFor()
  answer.language = await page.ask(() => [document.documentElement.lang, document.title])
  await look('account')
  await room('/library')
  await tab.getByText('Noch ist nichts hier').waitFor()
  await look('empty')
  await press(/^(Neu|Dateien hinzufügen)$/)
  await look('add')
  await tab.locator('input[type=file][multiple]').setInputFiles([job.files.sample])
  await tab.locator('.upload.ready').waitFor()
  await look('uploads')
  await press('Aufräumen')
  step('ready')

  await press('Liste')
  await tab.getByLabel('sample auswählen').check()
  await look('selection')
  await press('In eine Sammlung legen')
  await tab.getByLabel('Name').fill('Abende')
  await look('new-collection')
  await press('Anlegen')
  await press('Auswahl aufheben')
  await room('/collections')
  await tab.getByRole('link', { name: 'Abende 1 Eintrag' }).waitFor()
  await look('collections')
  step('collected')

  await room('/library')
  await tab.getByRole('link', { name: 'sample', exact: true }).click()
  await press('Text')
  await press('Leseeinstellungen')
  await page.look('german-settings')
  await tab.keyboard.press('Escape')
  await press('Anhören')
  await tab.locator('.quote[aria-busy=false]').waitFor()
  answer.quote = await tab.locator('.quote').innerText()
  await page.look('german-quote')
  await tab.keyboard.press('Escape')
  await room('/account')
  await press('Abmelden')
  await press(/^Neu hier/)
  await look('sign-up')
  step('signed out')
})
