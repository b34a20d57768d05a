import java.math.BigDecimal;
import java.util.Date;
import org.mustangproject.Invoice;
import org.mustangproject.Item;
import org.mustangproject.Product;
import org.mustangproject.TradeParty;
import org.mustangproject.ZUGFeRD.Profiles;
import org.mustangproject.ZUGFeRD.ZUGFeRDExporterFromA3;

/**
 * Puts an e-invoice of one line at 19 % into each of some PDF files.
 *
 * Given are eight words for each: source, target, profile, kind (invoice, credit_note or correction), number, net
 * price, rounding and what was prepaid; the last two may be empty.
 */
public final class WriteInvoice {
    public static void main(String[] words) throws Exception {
        for (int at = 0; at < words.length; at += 8) {
            Invoice invoice = invoice(words[at + 3], words[at + 4], words[at + 5], words[at + 6], words[at + 7]);
            write(words[at], words[at + 1], words[at + 2], invoice);
        }
    }

    private static Invoice invoice(String kind, String number, String net, String rounding, String prepaid) {
        Date today = new Date();
        Product product = new Product("Ware", "", "H87", new BigDecimal("19"));
        Invoice invoice = new Invoice()
            .setNumber(number)
            .setIssueDate(today)
            .setDueDate(today)
            .setDeliveryDate(today)
            .setSender(new TradeParty("Shop", "Weg 1", "20095", "Hamburg", "DE").addVATID("DE136695976"))
            .setRecipient(new TradeParty("Kunde", "Gasse 2", "24103", "Kiel", "DE"))
            .addItem(new Item(product, new BigDecimal(net), BigDecimal.ONE));
        if (!rounding.isEmpty()) {
            invoice.setRoundingAmount(new BigDecimal(rounding));
        }
        if (!prepaid.isEmpty()) {
            invoice.setTotalPrepaidAmount(new BigDecimal(prepaid));
        }
        if (kind.equals("credit_note")) {
            invoice.setCreditNote();
        } else if (kind.equals("correction")) {
            invoice.setCorrection("R-0");
        }
        return invoice;
    }

    private static void write(String source, String target, String profile, Invoice invoice) throws Exception {
        try (ZUGFeRDExporterFromA3 exporter = new ZUGFeRDExporterFromA3()) {
            exporter.load(source);
            exporter.setProducer("tests").setCreator("tests").setZUGFeRDVersion(2);
            exporter.setProfile(Profiles.getByName(profile));
            exporter.setTransaction(invoice);
            exporter.export(target);
        }
    }
}
