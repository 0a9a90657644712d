import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { say } from "../text";
import { Button } from ".";
import "./sheet.css";

/** A dialog over the page. It keeps the keyboard within itself and gives it back afterwards. */
export function Sheet({
	title,
	open,
	onClose,
	alert,
	wide,
	children,
}: {
	title: string;
	open: boolean;
	onClose: () => void;
	/** Read out at once: it is about something that cannot be undone. */
	alert?: boolean;
	/** Two texts stand beside each other in it. */
	wide?: boolean;
	children: ReactNode;
}) {
	return (
		<ModalOverlay
			className="veil"
			isOpen={open}
			isDismissable={!alert}
			onOpenChange={(open) => !open && onClose()}
		>
			<Modal className={wide ? "dialog wide" : "dialog"}>
				<Dialog role={alert ? "alertdialog" : "dialog"}>
					<div className="dialog-head">
						<Heading slot="title" level={2}>
							{title}
						</Heading>
						<Button look="quiet" slim aria-label={say("common.close")} onPress={onClose}>
							<span aria-hidden="true">✕</span>
						</Button>
					</div>
					{children}
				</Dialog>
			</Modal>
		</ModalOverlay>
	);
}
