using System.Security.Cryptography;

namespace Upscale.Inference;

/// <summary>An .onnx file that was looked through and found safe to load.</summary>
internal sealed record ModelFile
{
    private static readonly HashSet<string> s_knownDomains = ["", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft", "com.microsoft.nchwc"];

    /// <summary>Full path.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of the .onnx file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Like <see cref="Sha256"/>, but over the files with its weights too: equal only for equal networks.</summary>
    public required string ContentHash { get; init; }

    /// <summary>Number of weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>What the graph takes.</summary>
    public required IReadOnlyList<TensorInfo> Inputs { get; init; }

    /// <summary>What the graph gives.</summary>
    public required IReadOnlyList<TensorInfo> Outputs { get; init; }

    /// <summary>Operators that no ONNX runtime has of itself, as <c>domain:type</c>.</summary>
    public required IReadOnlyList<string> ForeignOperators { get; init; }

    /// <summary>True when the graph draws random numbers.</summary>
    public required bool IsRandom { get; init; }

    /// <summary>True when the graph averages or takes the maximum over its whole input.</summary>
    public required bool GlobalPooling { get; init; }

    /// <summary>True when the graph computes in float16, whose largest number is 65504.</summary>
    public required bool ComputesInHalf { get; init; }

    /// <summary>Size and time of all its files: while they stay the same, what was read still holds.</summary>
    public required IReadOnlyList<(string Path, long Length, DateTime Time)> Stamps { get; init; }

    /// <summary>True when no file was changed since.</summary>
    public bool IsCurrent() => Stamps.All(s => new FileInfo(s.Path) is { Exists: true } file && file.Length == s.Length && file.LastWriteTimeUtc == s.Time);

    /// <summary>Looks a file through.</summary>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotFound"/>, or <see cref="UpscaleErrorId.ModelNotSupported"/> with what the file is instead.
    /// </exception>
    public static ModelFile Read(string path, CancellationToken cancellationToken)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!File.Exists(path))
        {
            throw new UpscaleException(UpscaleErrorId.ModelNotFound, Directory.Exists(path)
                ? $"'{path}' is a folder without model.json and model_index.json: name the .onnx file in it."
                : $"There is no network '{path}'.");
        }

        try
        {
            using FileStream stream = Open(path);
            OnnxScanner scanner = Scan(stream, path);
            string[] external = [.. scanner.External.Select(t => Locate(t, path)).Distinct().Order(StringComparer.Ordinal)];
            stream.Position = 0;
            byte[] hash = Hash(stream, cancellationToken);
            return new ModelFile
            {
                Path = path,
                Sha256 = Convert.ToHexStringLower(hash),
                ContentHash = Convert.ToHexStringLower(external.Length == 0 ? hash : HashAll(hash, external, cancellationToken)),
                Parameters = scanner.Parameters,
                Inputs = scanner.Inputs,
                Outputs = scanner.Outputs,
                ForeignOperators = [.. scanner.Operators.Where(o => !s_knownDomains.Contains(o[..o.IndexOf(':')])).Order(StringComparer.Ordinal)],
                IsRandom = scanner.IsRandom,
                GlobalPooling = scanner.Operators.Contains(":GlobalAveragePool") || scanner.Operators.Contains(":GlobalMaxPool"),
                ComputesInHalf = scanner.ComputesInHalf,
                Stamps = [.. external.Prepend(path).Select(p => new FileInfo(p)).Select(f => (f.FullName, f.Length, f.LastWriteTimeUtc))],
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Looks through a graph alone: neither are its weights read nor is anything hashed.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static OnnxScanner Scan(string path)
    {
        try
        {
            using FileStream stream = Open(path);
            return Scan(stream, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>The error for a file that is no network for this program.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">A half sentence whose subject is the file.</param>
    /// <param name="cause">What told so.</param>
    public static UpscaleException Refused(string path, string reason, Exception? cause = null)
        => new(UpscaleErrorId.ModelNotSupported, $"'{path}' {reason}.", cause);

    private static UpscaleException Unreadable(string path, Exception exception)
        => new(UpscaleErrorId.ModelNotSupported, $"'{path}' cannot be read: {exception.Message}", exception);

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);

    private static OnnxScanner Scan(FileStream stream, string path)
    {
        Span<byte> head = stackalloc byte[FileSignature.Length];
        if (FileSignature.Refusal(head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]) is { } refusal)
            throw Refused(path, refusal);
        stream.Position = 0;
        try
        {
            OnnxScanner scanner = OnnxScanner.Scan(stream);
            return scanner.HasGraph ? scanner : throw Refused(path, "has no ONNX graph in it");
        }
        catch (InvalidDataException exception)
        {
            throw Refused(path, "is damaged, cut off or no ONNX file: get the file again", exception);
        }
    }

    private static string Locate(ExternalTensor tensor, string path)
    {
        try
        {
            return tensor.Resolve(System.IO.Path.GetDirectoryName(path)!);
        }
        catch (InvalidDataException exception)
        {
            throw Refused(path, exception.Message, exception);
        }
    }

    private static byte[] Hash(Stream stream, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 20];
        for (int read; (read = stream.Read(block)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(block, 0, read);
        }

        return hash.GetHashAndReset();
    }

    private static byte[] HashAll(byte[] first, string[] paths, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first);
        foreach (string path in paths)
        {
            using FileStream stream = Open(path);
            hash.AppendData(Hash(stream, cancellationToken));
        }

        return hash.GetHashAndReset();
    }
}
