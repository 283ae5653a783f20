// As CommonJS programs get the package: by require, without a bundler.

const { run } = require('./program.js')

console.log(`report ${JSON.stringify({ ...run(), file: require.resolve('noio-ws') })}`)
