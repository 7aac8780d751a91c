// Shows the document next to this page, and sends what is tried out to the API it came from.
const viewer = document.querySelector('rapi-doc')
const response = await fetch('openapi.json')
const description = await response.json()
description.servers = [{ url: new URL('.', location).href.replace(/\/$/, '') }]
await customElements.whenDefined('rapi-doc')
viewer.loadSpec(description)
