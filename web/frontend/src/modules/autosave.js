// Keeps a draft on the server while somebody types. Nothing is kept in the browser.
const PAUSE = 4000
const AT_ONCE = 300

export function autosave(form, { onAnswer }) {
  const url = form.dataset.autosaveUrl
  const status = form.querySelector('[data-autosave-status]')
  let timer
  let atOnce = false // an answer that brings up others is on its way: typing does not put it off
  let sent = url && snapshot(form)

  function say(words) {
    if (status) status.textContent = words
  }

  async function send({ leaving = false } = {}) {
    clearTimeout(timer)
    atOnce = false
    const now = snapshot(form)
    if (now === sent) return
    const before = sent
    sent = now
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams(now),
        headers: { Accept: 'application/json' },
        redirect: 'error',
        keepalive: leaving
      })
      if (!response.ok) throw new Error(response.statusText)
      const answer = response.status === 204 ? {} : await response.json()
      say(answer.words ?? 'Draft saved')
      onAnswer(answer)
    } catch {
      sent = before
      say('Not saved yet. Use “Save and finish later”.')
    }
  }

  function soon(pause = PAUSE) {
    if (!url || (atOnce && pause > AT_ONCE)) return
    atOnce = pause === AT_ONCE
    clearTimeout(timer)
    timer = setTimeout(send, pause)
  }

  if (url) {
    form.addEventListener('input', () => soon())
    form.addEventListener('change', ({ target }) => soon(target.closest('[data-decides]') ? AT_ONCE : PAUSE))
    form.addEventListener('submit', () => clearTimeout(timer))
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') send({ leaving: true })
    })
  }
  return { soon }
}

// What is typed, without files: those are kept when the form is sent.
function snapshot(form) {
  const typed = [...new FormData(form)].filter(([, value]) => typeof value === 'string')
  return new URLSearchParams([...typed, ['_action', 'autosave']]).toString()
}
