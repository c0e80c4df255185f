import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { outcomeName } from '../../components/agent/outcome-name.ts';
import { Button } from '../../components/ui/button.tsx';
import { controlStyle, Input, Select } from '../../components/ui/field.tsx';
import { locale, say } from '../../lib/language/texts.ts';
import { actionName, actors, type Changes, type Filters, outcomes } from './audit-view.ts';

type Options = readonly (readonly [value: string, text: string])[];

interface SelectProps {
  label: string;
  /** The text of the empty choice. */
  all: string;
  value: string | undefined;
  options: Options;
  onChange: (value: string) => void;
}

function FilterSelect({ label, all, value = '', options, onChange }: SelectProps) {
  // The address may name what the list does not offer: a deleted agent, a former action.
  const isListed = value === '' || options.some(([each]) => each === value);
  return (
    <Select
      aria-label={label}
      className={`${controlStyle} min-w-0 sm:max-w-56`}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{all}</option>
      {!isListed && <option>{value}</option>}
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </Select>
  );
}

/** The address follows the typed text after this pause. */
const DEBOUNCE_MS = 400;

type TextProps = Pick<SelectProps, 'label' | 'value' | 'onChange'> & { className?: string };

function FilterText({ label, value = '', onChange, className = '' }: TextProps) {
  const [text, setText] = useState(value);
  // Another filter, "Clear filters" or the Back button may change the address.
  const [seen, setSeen] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (value !== seen) {
    setSeen(value);
    setText(value);
  }
  return (
    <Input
      type="search"
      aria-label={label}
      placeholder={label}
      className={`${controlStyle} min-w-0 sm:w-52 ${className}`}
      value={text}
      onChange={(event) => {
        const next = event.target.value;
        setText(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onChange(next.trim()), DEBOUNCE_MS);
      }}
    />
  );
}

const actorOptions = (): Options => Object.entries(actors).map(([actor, name]) => [actor, say(name)] as const);
const outcomeOptions = (): Options => outcomes.map((each) => [each, outcomeName(each)] as const);

interface Props {
  filters: Filters;
  actions: readonly string[];
  /** The agents to choose from; undefined for all accounts, where an id is typed. */
  agents: Options | undefined;
  onChange: (changes: Changes) => void;
  onClear: () => void;
}

/** The filters of the audit log. */
export function AuditFilterBar({ filters, actions, agents, onChange, onClear }: Props) {
  const set = (name: keyof Filters) => (value: string) => onChange({ [name]: value });
  const actionOptions = actions.map((each) => [each, actionName(each)] as const).sort(([, a], [, b]) => a.localeCompare(b, locale()));
  return (
    <div className="mb-4 grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
      {!agents && <FilterText className="col-span-2" label={t`Account: id or email`} value={filters.account} onChange={set('account')} />}
      {!agents && <FilterText label={t`Agent id`} value={filters.agentId} onChange={set('agentId')} />}
      <FilterSelect label={t`Action`} all={t`All actions`} value={filters.action} options={actionOptions} onChange={set('action')} />
      {agents && <FilterSelect label={t`Agent`} all={t`All agents`} value={filters.agentId} options={agents} onChange={set('agentId')} />}
      <FilterSelect label={t`Actor`} all={t`All actors`} value={filters.actor} options={actorOptions()} onChange={set('actor')} />
      <FilterSelect label={t`Outcome`} all={t`All outcomes`} value={filters.outcome} options={outcomeOptions()} onChange={set('outcome')} />
      {Object.keys(filters).length > 0 && (
        <Button kind="quiet" onClick={onClear}>
          <X aria-hidden className="size-4" /> <Trans>Clear filters</Trans>
        </Button>
      )}
    </div>
  );
}
