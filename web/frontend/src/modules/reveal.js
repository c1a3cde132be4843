// Questions under a radio or checkbox, and the checkbox that excludes the others. govuk-frontend's own scripts do
// this too, but mark radios with aria-expanded, which ARIA does not allow on them.
export function reveal(form) {
  const all = () => {
    for (const box of form.querySelectorAll('input[data-aria-controls]')) {
      const part = form.querySelector(`#${CSS.escape(box.dataset.ariaControls)}`)
      const kind = box.type === 'radio' ? 'radios' : 'checkboxes'
      part?.classList.toggle(`govuk-${kind}__conditional--hidden`, !box.checked)
    }
  }
  form.addEventListener('change', ({ target }) => {
    if (target.type === 'checkbox' && target.checked) exclude(form, target)
    all()
  })
  window.addEventListener('pageshow', all) // the browser restores what was chosen, not what was shown
  all()
  return all
}

function exclude(form, chosen) {
  const alone = chosen.dataset.behaviour === 'exclusive'
  for (const box of form.querySelectorAll(`input[type="checkbox"][name="${CSS.escape(chosen.name)}"]`)) {
    if (box !== chosen && (alone || box.dataset.behaviour === 'exclusive')) box.checked = false
  }
}
