import { type ReactNode, useEffect, useRef, useState } from "react";
import {
	Checkbox,
	CheckboxGroup,
	ComboBox,
	Input,
	Label,
	ListBox,
	ListBoxItem,
	Popover,
	Radio,
	RadioGroup,
	Button as RawButton,
	Select,
	SelectValue,
	Text,
	TextArea,
	TextField,
	type TextFieldProps,
} from "react-aria-components";
import { Said } from "./text";
import "./form.css";

export function Field({
	label,
	help,
	long,
	...props
}: Omit<TextFieldProps, "className" | "children"> & {
	label: string;
	help?: string;
	long?: boolean;
}) {
	return (
		<TextField className="field" {...props}>
			<Label className="field-label">{label}</Label>
			{long ? <TextArea className="input" rows={3} /> : <Input className="input" />}
			{help && (
				<Text slot="description" className="field-help">
					<Said text={help} />
				</Text>
			)}
		</TextField>
	);
}

export interface Option {
	id: string;
	name: string;
	means?: string;
}

export function Pick({
	label,
	value,
	options,
	unseen,
	onChange,
}: {
	label: string;
	value: string;
	options: readonly Option[];
	/** The label is for those who cannot see that it is plain. */
	unseen?: boolean;
	onChange: (id: string) => void;
}) {
	return (
		<Select
			className="field"
			value={value}
			onChange={(key) => key !== null && onChange(String(key))}
			{...(unseen ? { "aria-label": label } : {})}
		>
			{!unseen && <Label className="field-label">{label}</Label>}
			<RawButton className="select-button">
				<SelectValue />
				<span aria-hidden="true">▾</span>
			</RawButton>
			<Popover className="popover">
				<ListBox items={options}>
					{({ id, name }) => (
						<ListBoxItem id={id} className="option" textValue={name}>
							{name}
						</ListBoxItem>
					)}
				</ListBox>
			</Popover>
		</Select>
	);
}

/** A text that counts once somebody leaves it, presses Enter or takes one of what is suggested. */
export function Suggest({
	label,
	help,
	value,
	options,
	onSettle,
}: {
	label: string;
	help?: string;
	value: string;
	options: readonly string[];
	onSettle: (text: string) => void;
}) {
	const [text, setText] = useState(value);
	const settled = useRef(value);
	const latest = useRef(value);
	const write = (next: string) => {
		latest.current = next;
		setText(next);
	};
	useEffect(() => {
		settled.current = value;
		latest.current = value;
		setText(value);
	}, [value]);
	const settle = (next: string) => {
		const own = next.trim();
		if (own === settled.current.trim()) return;
		settled.current = own;
		onSettle(own);
	};
	const items = options.map((id) => ({ id }));
	return (
		<ComboBox
			className="field"
			allowsCustomValue
			allowsEmptyCollection={false}
			menuTrigger="input"
			inputValue={text}
			onInputChange={write}
			selectedKey={options.includes(text) ? text : null}
			onSelectionChange={(key) => {
				if (key === null) return;
				write(String(key));
				settle(String(key));
			}}
			defaultItems={items}
			onBlur={() => settle(latest.current)}
			onKeyDown={(event) => {
				// What is chosen with Enter is written first.
				if (event.key === "Enter") requestAnimationFrame(() => settle(latest.current));
			}}
		>
			<Label className="field-label">{label}</Label>
			<div className="suggest">
				<Input className="input" />
				<RawButton className="suggest-open">
					<span aria-hidden="true">▾</span>
				</RawButton>
			</div>
			{help && (
				<Text slot="description" className="field-help">
					<Said text={help} />
				</Text>
			)}
			<Popover className="popover">
				<ListBox<{ id: string }>>
					{({ id }) => (
						<ListBoxItem id={id} className="option" textValue={id}>
							{id}
						</ListBoxItem>
					)}
				</ListBox>
			</Popover>
		</ComboBox>
	);
}

function Means({ name, means }: Option) {
	return (
		<span>
			{name}
			{means && <span className="choice-means">{means}</span>}
		</span>
	);
}

export function OneOf({
	label,
	value,
	options,
	onChange,
}: {
	label: ReactNode;
	value: string;
	options: readonly Option[];
	onChange: (id: string) => void;
}) {
	return (
		<RadioGroup className="field" value={value} onChange={onChange}>
			<Label className="field-label">{label}</Label>
			<div>
				{options.map((option) => (
					<Radio key={option.id} value={option.id} className="choice">
						<span className="choice-mark circle" aria-hidden="true" />
						<Means {...option} />
					</Radio>
				))}
			</div>
		</RadioGroup>
	);
}

export function SomeOf({
	label,
	value,
	options,
	onChange,
}: {
	label: string;
	value: string[];
	options: readonly Option[];
	onChange: (ids: string[]) => void;
}) {
	return (
		<CheckboxGroup className="field" value={value} onChange={onChange}>
			<Label className="field-label">{label}</Label>
			<div>
				{options.map((option) => (
					<Tick key={option.id} value={option.id}>
						<Means {...option} />
					</Tick>
				))}
			</div>
		</CheckboxGroup>
	);
}

export function Tick(props: {
	value?: string;
	isSelected?: boolean;
	onChange?: (on: boolean) => void;
	children: ReactNode;
}) {
	const { children, ...rest } = props;
	return (
		<Checkbox className="choice" {...rest}>
			<span className="choice-mark" aria-hidden="true" />
			{children}
		</Checkbox>
	);
}
