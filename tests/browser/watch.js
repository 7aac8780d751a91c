// Runs in the page, before its own scripts where the engine can do that: keeps what a person with the developer tools open would see.
(() => {
  if (window.trouble) return
  const trouble = (window.trouble = [])
  const told = (kind) => (...parts) => { trouble.push(`${kind}: ${parts.map((part) => part?.stack ?? part?.message ?? String(part)).join(' ')}`) }
  for (const kind of ['error', 'warn']) console[kind] = told(kind)
  addEventListener('securitypolicyviolation', (event) => told('policy')(event.effectiveDirective, event.blockedURI, event.sourceFile ?? '', event.sample))
  addEventListener('error', (event) => told('uncaught')(event.error ?? event.message))
  addEventListener('unhandledrejection', (event) => told('rejected')(event.reason))
  const refused = (status, address) => { if (status >= 400) told('refused')(status, new URL(address, location.href).pathname) }
  const { fetch } = window
  window.fetch = async (...request) => {
    const response = await fetch(...request)
    refused(response.status, response.url)
    return response
  }
  const { send } = XMLHttpRequest.prototype
  XMLHttpRequest.prototype.send = function (...body) {
    this.addEventListener('load', () => refused(this.status, this.responseURL))
    return send.apply(this, body)
  }
})()
