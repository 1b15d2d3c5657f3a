//! A QR code as a PNG image: black and white, uncompressed, which a picture of a few kilobytes can afford.
//!
//! <https://www.w3.org/TR/png-3/>

use qrcodegen::{QrCode, QrCodeEcc};

/// The side of a module of the code, in pixels.
const MODULE_PIXELS: i32 = 4;
/// The white border that readers need, in modules.
const BORDER_MODULES: i32 = 4;
/// The most bytes of a block that is stored as it is (RFC 1951 section 3.2.4).
const BLOCK_BYTES: usize = 65_535;

/// A picture of the QR code that says `text`; `None` where the text is too long for one.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let side = (code.size() + 2 * BORDER_MODULES) * MODULE_PIXELS;
    let mut rows = Vec::new();
    for y in 0..side {
        // Each row says first how it is filtered: not at all.
        rows.push(0);
        for byte in 0..(side + 7) / 8 {
            let bits = (0..8).map(|bit| u8::from(!is_dark(&code, byte * 8 + bit, y)));
            rows.push(bits.fold(0, |bits, bit| bits << 1 | bit));
        }
    }
    let side = u32::try_from(side).ok()?.to_be_bytes();
    // One bit a pixel, in shades of grey, and nothing out of the ordinary.
    let header = [&side[..], &side, &[1, 0, 0, 0, 0]].concat();
    let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut image, *b"IHDR", &header);
    chunk(&mut image, *b"IDAT", &stored(&rows));
    chunk(&mut image, *b"IEND", &[]);
    Some(image)
}

fn is_dark(code: &QrCode, x: i32, y: i32) -> bool {
    code.get_module(x / MODULE_PIXELS - BORDER_MODULES, y / MODULE_PIXELS - BORDER_MODULES)
}

/// A zlib stream that holds the bytes as they are (RFC 1950).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let last = bytes.len().div_ceil(BLOCK_BYTES).saturating_sub(1);
    for (index, block) in bytes.chunks(BLOCK_BYTES).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(index == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

fn chunk(image: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    image.extend(length.to_be_bytes());
    image.extend(kind);
    image.extend(data);
    image.extend(crc(kind.iter().chain(data)).to_be_bytes());
}

/// The check sum of a chunk: CRC-32.
fn crc<'b>(bytes: impl Iterator<Item = &'b u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-MFA-2
    #[test]
    fn a_qr_code_is_a_png_with_right_check_sums() {
        assert_eq!(crc(b"123456789".iter()), 0xcbf4_3926);
        assert_eq!(stored(b"Wikipedia")[14 + 2..], [0x11, 0xe6, 0x03, 0x98]);
        let image = png("otpauth://totp/phone@111122223333?secret=GEZDGNBVGY3TQOJQ").expect("short enough");
        assert_eq!(&image[..8], b"\x89PNG\r\n\x1a\n");
        let side = u32::from_be_bytes(image[16..20].try_into().expect("four bytes"));
        // Version 4 has 33 modules: 33 + 2 * 4 of them with four pixels each.
        assert_eq!(side, 164);
        // The border is white, and the first module of the code black.
        let row = |y: usize| &image[41 + 2 + 5 + y * 22..][..22];
        assert_eq!(row(0)[1..], [vec![0xff; 20], vec![0xff]].concat());
        assert_eq!(row(16)[1..4], [0xff, 0xff, 0x00]);
        assert!(png(&"x".repeat(5000)).is_none());
    }
}
