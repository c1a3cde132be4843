// Builds src/*.js and src/*.scss into ../static/dist with content-hashed names and a manifest.
// `node build.mjs --check` only says (exit 0 or 1) whether what is there was built from these very files.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'src')
const home = join(here, '..', 'static', 'dist')
const target = join(here, 'node_modules', `.dist-${process.pid}`) // built aside, then put in place whole
const stamp = '.built-from'

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()

function fingerprint() {
  const hash = createHash('sha256')
  for (const file of [...filesIn(source), join(here, 'build.mjs'), join(here, 'package-lock.json')]) {
    hash.update(relative(here, file)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

const wanted = fingerprint()
const current = existsSync(join(home, stamp)) ? readFileSync(join(home, stamp), 'utf8') : ''
if (current === wanted || process.argv.includes('--check')) process.exit(current === wanted ? 0 : 1)

const [{ build }, sass] = await Promise.all([import('esbuild'), import('sass')])

const scss = {
  name: 'scss',
  setup({ onLoad }) {
    onLoad({ filter: /\.scss$/ }, ({ path }) => ({
      contents: sass.compile(path, {
        loadPaths: [join(here, 'node_modules')],
        quietDeps: true,
        silenceDeprecations: ['import']
      }).css,
      loader: 'css',
      resolveDir: dirname(path)
    }))
  }
}

mkdirSync(target, { recursive: true })
mkdirSync(dirname(home), { recursive: true })

// Every file directly in src/ is an entry (a page asks for it by name: asset('app.css')); pictures are copied.
const entries = readdirSync(source).filter((name) => /\.(js|scss|svg)$/.test(name)).sort()
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => join('src', name)),
  outbase: 'src',
  outdir: target,
  entryNames: '[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2021', 'chrome100', 'firefox100', 'safari15'],
  legalComments: 'none', // licences.txt, below, has them whole
  loader: { '.svg': 'copy', '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.png': 'file' },
  plugins: [scss],
  metafile: true,
  logLevel: 'warning'
})

const packages = new Set(
  Object.keys(metafile.inputs)
    .concat('node_modules/govuk-frontend/') // its Sass is read before esbuild sees it
    .map((input) => /^.*node_modules\/((@[^/]+\/)?[^/]+)\//.exec(input))
    .filter(Boolean)
    .map(([folder]) => folder)
)
const licences = [...packages].sort().map((folder) => {
  const { name, version, license, homepage } = JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8'))
  const text = readdirSync(join(here, folder)).find((file) => /^licen[cs]e/i.test(file))
  const words = text ? readFileSync(join(here, folder, text), 'utf8').trim() : `See ${homepage}`
  return `${name} ${version} (${license})\n\n${words}\n`
})
writeFileSync(join(target, 'licences.txt'), licences.join(`\n${'-'.repeat(60)}\n\n`))

const manifest = {}
for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) manifest[basename(entryPoint).replace(/\.scss$/, '.css')] = relative(target, join(here, output))
}
const ordered = Object.fromEntries(Object.entries(manifest).sort())
writeFileSync(join(target, 'manifest.json'), `${JSON.stringify(ordered, null, 1)}\n`)
writeFileSync(join(target, stamp), wanted)
rmSync(home, { recursive: true, force: true })
renameSync(target, home)
