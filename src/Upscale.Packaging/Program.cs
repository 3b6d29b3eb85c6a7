using System.Management.Automation;
using System.Text;
using Upscale.Packaging;

if (args is ["api", string assembly, string page])
{
    File.WriteAllText(page, new ApiReference(assembly).Write());
    return 0;
}

if (args is not [string root, string pages, string target])
{
    Console.Error.WriteLine("Usage: Upscale.Packaging ROOT PAGES TARGET - writes the help of the module in ROOT, of the pages in PAGES, into the folder TARGET.");
    Console.Error.WriteLine("       Upscale.Packaging api ASSEMBLY PAGE - writes the public types of ASSEMBLY with their documentation comments into the file PAGE.");
    return 1;
}

DirectoryInfo userFolder = Directory.CreateTempSubdirectory("upscale-help-");
try
{
    string bin = Path.Combine(root, "module", "bin");
    using var session = new ModuleSession(root, userFolder.FullName);
    var comments = new Comments([.. Directory.EnumerateFiles(bin, "Upscale.*.xml"), .. Directory.EnumerateFiles(Path.Combine(bin, "engine"), "Upscale.*.xml")]);
    ILookup<bool, string> sources = Directory.EnumerateFiles(pages, "*.md").Order(StringComparer.Ordinal).ToLookup(f => Path.GetFileName(f).StartsWith("about_", StringComparison.Ordinal));
    Dictionary<string, CmdletPage> ofCmdlets = sources[false].Select(CmdletPage.Read).ToDictionary(p => p.Name);
    string[] missing = [.. session.Cmdlets.Select(c => c.Name).Except(ofCmdlets.Keys)];
    string[] surplus = [.. ofCmdlets.Keys.Except(session.Cmdlets.Select(c => c.Name))];
    if (missing.Length + surplus.Length > 0)
        throw new HelpException($"{pages}: pages and cmdlets do not match. Without a page: {string.Join(", ", missing.DefaultIfEmpty("none"))}. Without a cmdlet: {string.Join(", ", surplus.DefaultIfEmpty("none"))}.");

    var files = new Dictionary<string, string>
    {
        ["Upscale.Cmdlets.dll-Help.xml"] = new CmdletHelp(session, comments).Write(session.Cmdlets.Select(c => (c, ofCmdlets[c.Name]))),
    };
    foreach (string topic in sources[true])
        files[$"{Path.GetFileNameWithoutExtension(topic)}.help.txt"] = Topic.Write(topic);

    Directory.CreateDirectory(target);
    foreach (string old in Directory.EnumerateFiles(target).Where(f => !files.ContainsKey(Path.GetFileName(f))))
        File.Delete(old);
    foreach ((string name, string text) in files)
        File.WriteAllText(Path.Combine(target, name), text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    return 0;
}
catch (Exception e) when (e is HelpException or RuntimeException)
{
    Console.Error.WriteLine($"Upscale.Packaging : error : {e.Message}");
    return 1;
}
finally
{
    userFolder.Delete(recursive: true);
}
