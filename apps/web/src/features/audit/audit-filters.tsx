import { X } from 'lucide-react';
import { Button } from '../../components/ui/button.tsx';
import { controlStyle } from '../../components/ui/field.tsx';
import { actionName, actors, type FilterName, type Filters, outcomes } from './audit-view.ts';

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
    <select
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
    </select>
  );
}

const actorOptions = Object.entries(actors);
const outcomeOptions = outcomes.map((each) => [each, each] as const);

interface Props {
  filters: Filters;
  actions: readonly string[];
  agents: Options;
  onChange: (changes: Filters) => void;
  onClear: () => void;
}

/** The filters of the audit log. */
export function AuditFilterBar({ filters, actions, agents, onChange, onClear }: Props) {
  const set = (name: FilterName) => (value: string) => onChange({ [name]: value });
  const actionOptions = actions.map((each) => [each, actionName(each)] as const).sort(([, a], [, b]) => a.localeCompare(b));
  return (
    <div className="mb-4 grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
      <FilterSelect label="Action" all="All actions" value={filters.action} options={actionOptions} onChange={set('action')} />
      <FilterSelect label="Agent" all="All agents" value={filters.agentId} options={agents} onChange={set('agentId')} />
      <FilterSelect label="Actor" all="All actors" value={filters.actor} options={actorOptions} onChange={set('actor')} />
      <FilterSelect label="Outcome" all="All outcomes" value={filters.outcome} options={outcomeOptions} onChange={set('outcome')} />
      {Object.keys(filters).length > 0 && (
        <Button kind="quiet" onClick={onClear}>
          <X aria-hidden className="size-4" /> Clear filters
        </Button>
      )}
    </div>
  );
}
