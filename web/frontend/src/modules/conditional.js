// Shows the questions that hang on another answer, where that is not under one radio or checkbox (govuk-frontend
// does those). data-shown-when='[["abuse_or_neglect",["known","suspected"]]]': all pairs must hold; the server
// decides again when the form is sent. data-shown-if="…": only the server can tell; it says so when a draft is saved.
const OUT_OF_SIGHT = '[class*="__conditional--hidden"], .lscp-conditional--hidden'

const wanted = (wrapper) => JSON.parse(wrapper.dataset.shownWhen)

function chosen(form, name) {
  return [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
    .filter((box) => (!['radio', 'checkbox'].includes(box.type) || box.checked) && !box.closest(OUT_OF_SIGHT))
    .map((box) => box.value)
}

function show(wrapper, visible) {
  wrapper.classList.toggle('lscp-conditional--hidden', !visible)
}

export function conditional(form) {
  const all = () => {
    for (const wrapper of form.querySelectorAll('[data-shown-when]')) {
      show(
        wrapper,
        wanted(wrapper).every(([name, values]) => chosen(form, name).some((value) => values.includes(value)))
      )
    }
  }
  const offered = ({ shown }) => {
    for (const wrapper of shown ? form.querySelectorAll('[data-shown-if]') : []) {
      show(wrapper, shown.includes(wrapper.dataset.shownIf))
    }
  }
  form.addEventListener('change', all)
  window.addEventListener('pageshow', all)
  all()
  return { all, offered }
}
