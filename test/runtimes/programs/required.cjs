// As CommonJS programs get the package: by require, without a bundler.

const library = require('noio-ws')

import('./smoke.js').then(({ smoke }) => {
  const parts = smoke(library)
  console.log(`report ${JSON.stringify({ parts, onImport: 0, compiled: 1, instances: 1, error: '' })}`)
})
