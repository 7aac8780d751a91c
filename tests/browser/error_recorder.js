// Runs in the page, before its own scripts where the engine can do that: records what the developer tools would show as errors.
(() => {
  if (window.recordedErrors) return
  const errors = (window.recordedErrors = [])
  const record = (kind) => (...parts) => { errors.push(`${kind}: ${parts.map((part) => part?.stack ?? part?.message ?? String(part)).join(' ')}`) }
  for (const kind of ['error', 'warn']) console[kind] = record(kind)
  addEventListener('securitypolicyviolation', (event) => record('policy')(event.effectiveDirective, event.blockedURI, event.sourceFile ?? '', event.sample))
  addEventListener('error', (event) => record('uncaught')(event.error ?? event.message))
  addEventListener('unhandledrejection', (event) => record('unhandled')(event.reason))
  const recordStatus = (status, url) => {
    const { pathname } = new URL(url, location.href)
    if (status >= 400) record('failed request')(status, pathname)
    else if (errors.some((text) => text.endsWith(` ${pathname}`))) record('answered')(pathname)
  }
  const { fetch } = window
  window.fetch = async (...request) => {
    const response = await fetch(...request)
    recordStatus(response.status, response.url)
    return response
  }
  const { send } = XMLHttpRequest.prototype
  XMLHttpRequest.prototype.send = function (...body) {
    this.addEventListener('load', () => recordStatus(this.status, this.responseURL))
    return send.apply(this, body)
  }
})()
