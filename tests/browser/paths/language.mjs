// Choosing another language in the account, and every screen in it: its words are longer.
import { job, page, result, run, signUp, step } from '../journey.mjs'
import { dialog, goTo, press, tab } from './tab.mjs'

const ENGLISH = /\b(the|of|to|and|with|add|close|more|library|account)\b/i

result.englishTexts = []
const inspect = async (name) => {
  await page.inspect(`german-${name}`)
  result.englishTexts.push(...(await page.evaluate(() => probe.visibleTexts())).filter((line) => ENGLISH.test(line)))
}

await run(async () => {
  await page.open(job.web)
  await signUp()
  await goTo('/account')
  await Promise.all([tab.waitForEvent('load'), tab.getByLabel('Language').selectOption('Deutsch')])
  await tab.getByText('Noch keine Aktivitäten').waitFor()
  result.language = await page.evaluate(() => [document.documentElement.lang, document.title])
  await inspect('account')
  await goTo('/library')
  await tab.getByText('Noch keine Dateien').waitFor()
  await inspect('empty')
  await press(/^(Neu|Dateien hinzufügen)$/)
  await dialog.waitFor()
  await inspect('add')
  await tab.locator('input[type=file][multiple]').setInputFiles([job.files.sample])
  await tab.locator('.upload.ready').waitFor()
  await inspect('uploads')
  await press('Fertige ausblenden')
  step('ready')

  await press('Liste')
  await tab.getByLabel('How a Lighthouse Works auswählen').check()
  await inspect('selection')
  await press('Zu Sammlung hinzufügen')
  await tab.getByLabel('Name').fill('Abende')
  await inspect('new-collection')
  await press('Erstellen')
  await press('Auswahl aufheben')
  await goTo('/collections')
  await tab.getByRole('link', { name: 'Abende 1 Eintrag' }).waitFor()
  await inspect('collections')
  step('collected')

  await goTo('/library')
  await tab.getByRole('link', { name: 'How a Lighthouse Works', exact: true }).click()
  await press('Text')
  await press('Leseeinstellungen')
  await page.inspect('german-settings')
  await tab.keyboard.press('Escape')
  await press('Anhören')
  await tab.locator('.quote[aria-busy=false]').waitFor()
  result.quote = await tab.locator('.quote').innerText()
  await page.inspect('german-quote')
  await tab.keyboard.press('Escape')
  await goTo('/account')
  await press('Abmelden')
  await press(/^Neu hier/)
  await inspect('sign-up')
  step('signed out')
})
